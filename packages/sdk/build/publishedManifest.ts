type Manifest = Record<'name' | 'version' | 'description' | 'license' | 'type', string> & { engines: object };

const condition = (format: 'esm' | 'cjs') => ({
  types: `./${format}/index.d.ts`,
  default: `./${format}/index.js`,
});

/** What npm reads of the published package: the workspace's own words, and where the built modules are. */
export function publishedManifest({ name, version, description, license, type, engines }: Manifest): object {
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    sideEffects: false,
    // For resolvers that know no `exports`.
    main: './cjs/index.js',
    types: './cjs/index.d.ts',
    exports: {
      '.': { import: condition('esm'), require: condition('cjs') },
      './package.json': './package.json',
    },
  };
}
