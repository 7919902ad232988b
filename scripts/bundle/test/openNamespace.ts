import { readFile } from 'node:fs/promises';
import { runTool } from '../../engine/runTool.ts';

/** A network of its own on this host, whose one cable is the host's interface `outside`. */
export interface Namespace extends AsyncDisposable {
  outside: string;
  /** The host's end of the cable. */
  address: string;
  /** The other end. */
  inside: string;
  /** Both ends. */
  network: string;
  /** The start of a command line that runs a program in it, on the host's own files. */
  enter: string[];
}

const must = async (command: string, ...args: string[]) => {
  const { code, output } = await runTool(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: ${output}`);
};

const ANSWERS = ['--match', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED'];

/** What lets it out through the host; taken away again by the same words. */
const rulesOf = (name: string, network: string) => [
  ['nat', 'POSTROUTING', '--source', network, '!', '--out-interface', name, '--jump', 'MASQUERADE'],
  ['filter', 'FORWARD', '--in-interface', name, '--jump', 'ACCEPT'],
  ['filter', 'FORWARD', '--out-interface', name, ...ANSWERS, '--jump', 'ACCEPT'],
];
const rule = (verb: '--insert' | '--delete', [table = '', ...rest]: string[]) =>
  runTool('iptables', ['--wait', '--table', table, verb, ...rest]);

/**
 * Whatever runs in it is alone on its cable, so that a capture of that shows nobody else's packets. `first` is the last
 * number of the first of its four addresses. It reaches all that the host does, or without `wayOut` the host alone.
 */
export async function openNamespace(
  name: string,
  { first, wayOut }: { first: number; wayOut: boolean },
): Promise<Namespace> {
  const [network, here, there] = [
    `10.213.77.${first}/30`,
    `10.213.77.${first + 1}`,
    `10.213.77.${first + 2}`,
  ];
  const rules = wayOut ? rulesOf(name, network) : [];
  const close = async () => {
    for (const one of rules) await rule('--delete', one);
    await runTool('ip', ['netns', 'delete', name]);
    // The kernel takes a namespace down later than its name.
    await runTool('ip', ['link', 'delete', name]);
  };
  // What a killed run left.
  await close();
  const inside = ['-n', name];
  await must('ip', 'netns', 'add', name);
  await must('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'host', 'netns', name);
  await must('ip', 'address', 'add', `${here}/30`, 'dev', name);
  await must('ip', 'link', 'set', name, 'up');
  await must('ip', ...inside, 'address', 'add', `${there}/30`, 'dev', 'host');
  await must('ip', ...inside, 'link', 'set', 'host', 'up');
  await must('ip', ...inside, 'link', 'set', 'lo', 'up');
  if (wayOut) await must('ip', ...inside, 'route', 'add', 'default', 'via', here);
  for (const one of rules) {
    const { code, output } = await rule('--insert', one);
    if (code !== 0) throw new Error(`iptables ${one.join(' ')}: ${output}`);
  }
  if (wayOut && (await readFile('/proc/sys/net/ipv4/ip_forward', 'utf8')).trim() !== '1') {
    throw new Error('this host forwards nothing: sysctl net.ipv4.ip_forward=1');
  }
  // Not `ip netns exec`: that brings a /sys of its own, without the cgroups that an engine needs.
  const enter = ['nsenter', `--net=/run/netns/${name}`];
  // A port is looked at for being free from where the command stands, which here is not the host.
  await must(enter[0] ?? '', ...enter.slice(1), 'sysctl', '-q', '-w', 'net.ipv4.ip_nonlocal_bind=1');
  return {
    outside: name,
    address: here,
    inside: there,
    network,
    enter,
    [Symbol.asyncDispose]: close,
  };
}
