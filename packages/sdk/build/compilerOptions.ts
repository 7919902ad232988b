/**
 * How the published form is compiled: for Node 20 and browsers of its time. What is newer than these libraries, and
 * whatever is Node's alone, does not compile.
 */
export const compilerOptions = (outDir: string) => ({
  compilerOptions: {
    target: 'es2022',
    lib: ['es2023', 'es2024.string', 'dom', 'dom.iterable'],
    module: 'nodenext',
    types: [],
    rootDir: 'src',
    outDir,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    isolatedModules: true,
  },
  include: ['src'],
});
