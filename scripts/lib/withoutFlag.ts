/** A command line without a flag that takes a value: `--flag VALUE` or `--flag=VALUE`. */
export function withoutFlag(argv: string[], flag: string): string[] {
  const at = argv.indexOf(flag);
  const rest = at < 0 ? argv : [...argv.slice(0, at), ...argv.slice(at + 2)];
  return rest.filter((part) => !part.startsWith(`${flag}=`));
}
