import { dataPlaces } from '../dataPlaces.ts';
import { defineCheck, error, type Issue, megabytes, warning } from '../doctorCheck.ts';

const LEAST = 2e9;
const WANTED = 10e9;

export const disk = defineCheck({
  name: 'disk',
  rule: `${megabytes(WANTED)} are free where images and data lie`,
  needs: 'host',
  async detect(context) {
    const found: Issue[] = [];
    for (const place of dataPlaces(context)) {
      const { freeBytes, totalBytes } = await context.host.disk(place);
      const what = `${megabytes(freeBytes)} of ${megabytes(totalBytes)} are free at ${place}`;
      const fix = 'docker system df, then docker builder prune; or make the disk larger';
      if (freeBytes < LEAST) found.push(error(what, fix));
      else if (freeBytes < WANTED) found.push(warning(what, fix));
    }
    return found;
  },
});
