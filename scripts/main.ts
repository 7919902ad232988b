import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Node strips types and compiles only what has changed: a command starts in less than half the time. Where it cannot be
// written, as in the bundle's containers, commands run without.
enableCompileCache(join(import.meta.dirname, '../node_modules/.cache/origin-stack'));
// First: some libraries read the environment when they are loaded.
const { keepBuiltEnvironment } = await import('./lib/builtEnvironment.ts');
keepBuiltEnvironment();
await import('./commandLine.ts');
