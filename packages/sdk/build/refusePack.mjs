// These sources run in this checkout only: Node strips no types below node_modules.
process.stderr.write('npm pack cannot pack the sources; run: npm run tarball -w packages/sdk\n');
process.exit(1);
