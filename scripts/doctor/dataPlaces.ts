import type { DoctorContext } from './doctorCheck.ts';

/** Where images, volumes and logs lie, and where this bundle's own files do. */
export const dataPlaces = ({ engine, dir }: DoctorContext): string[] =>
  engine ? [engine.rootDir, dir.root] : [dir.root];
