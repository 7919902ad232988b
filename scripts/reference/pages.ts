import { errorsOf, openapi } from '@origin-stack/api/http/openapi';
import { ROUTES } from '@origin-stack/api/routes/index';
import { ERRORS } from '@origin-stack/contract/errors';
import { SETTINGS, type Setting, type SettingName } from '@origin-stack/core/config/settings';
import { METRICS, type MetricSpec } from '@origin-stack/core/infra/metrics';
import { productVersion } from '@origin-stack/core/infra/productVersion';
import { alertRules } from '../alerts/alertRules.ts';
import type { CommandEntry } from '../lib/command.ts';
import { commandHelp } from '../lib/helpText.ts';
import { type Given, WHERE_GIVEN } from '../settings/whereGiven.ts';
import { markdownTable } from './markdownTable.ts';

const page = (title: string, intro: string, body: string) =>
  `# ${title}\n\n<!-- made by ./stack reference -->\n\n${intro}\n\n${body}\n`;

const code = (text: string) => `\`${text}\``;

function settings(): string {
  const rows = (Object.entries(SETTINGS) as [SettingName, Setting][]).map(
    ([name, { type, fallback, optional, help }]) => {
      const missing = optional ? 'may stay unset' : '**required**';
      const shown = fallback === undefined ? missing : code([fallback].flat().join(', ') || 'none');
      const { bundle, embedded } = WHERE_GIVEN[name];
      return [code(name), shown, type.expects, help, givenBy(bundle), givenBy(embedded)];
    },
  );
  return page(
    'Settings',
    [
      'Of the API and the worker, which read them from the environment. The last two columns say where each is given:',
      '',
      '- **config**: `./stack config set NAME=VALUE`, or by hand in the one file of the installation: `compose/.env` for the bundle (where',
      '  `--state-dir` names a folder, `compose.env` there), `settings.env` in the state of the embedded default (`.stack/embedded`). One',
      '  `NAME=VALUE` a line, without quotes, blanks or `export`; a line that is not so is refused with its number. Empty is the default.',
      '  `./stack config list` shows what is set, and whom a change restarts. After an edit by hand, run `./stack up`.',
      '- **secret**: never in that file. It comes as a file of its own, by what the column says.',
      '- Anything else is given by the installation, and changed by what the column says. A shell’s environment is not read.',
      '',
      'Where you run API and worker yourself, each setting can also be a file: `<NAME>_FILE`. Every problem is printed at once, and the',
      'process exits 3. `WEBHOOK_ALLOWED_CIDRS` adds to the networks of the installation’s own receivers: loopback in the embedded',
      'default, one /28 in the bundle. A file or folder that a setting names is one of this host, by its whole path; the bundle copies',
      'the file for its reader, at each `./stack up` again, and mounts the folder.',
    ].join('\n'),
    markdownTable(['name', 'default', 'value', 'meaning', 'bundle', 'embedded'], rows),
  );
}

function givenBy(given: Given): string {
  if (given === 'operator') return '**config**';
  const how = given.how.replace(/\.\/stack .*/, code);
  return given.by === 'secret' ? `**secret**: ${how}` : how;
}

function routes(): string {
  const rows = ROUTES.map((route) => {
    const { access } = route;
    const needs =
      'scope' in access ? code(access.scope) : 'public' in access ? `public: ${access.public}` : 'any key';
    const replies = Object.keys(route.replies).join(', ');
    return [
      `${code(`${route.method} ${route.path}`)}`,
      needs,
      replies,
      errorsOf(route).map(code).join(' '),
      route.summary,
    ];
  });
  return page(
    'Routes',
    'The public listener. The same as a page: `/docs`; as OpenAPI 3.1: `/openapi.json`, and [openapi.json](openapi.json) here.',
    markdownTable(['route', 'needs', 'replies', 'errors', 'what'], rows),
  );
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([name, { status, title, help }]) => [
    code(name),
    String(status),
    title,
    help,
  ]);
  return page(
    'Errors',
    'Every refusal is `application/problem+json` (RFC 9457) with one of these in `error`. `instance` is the request id.',
    markdownTable(['error', 'status', 'title', 'what helps'], rows),
  );
}

function metrics(): string {
  const rows = (Object.entries(METRICS) as [string, MetricSpec][]).map(([name, { help, labels = [] }]) => [
    code(name),
    labels.map(code).join(' '),
    help,
  ]);
  return page(
    'Metrics',
    'Of the API at `/metrics` on its internal listener, with a key that has `metrics:read`; each has the label `service`. ' +
      'Beside them are those of the runtime that prom-client gives (`process_*`, `nodejs_*`).',
    markdownTable(['name', 'labels', 'meaning'], rows),
  );
}

function alerts(): string {
  const byName = Map.groupBy(alertRules(), ({ alert }) => alert);
  const rows = [...byName].map(([name, [rule, ...more]]) => [
    `[${name}](../runbooks/${name}.md)`,
    rule?.labels.severity ?? '',
    rule?.for ?? 'at once',
    [rule, ...more].map((one) => code((one?.expr ?? '').replace(/\s+/g, ' ').trim())).join(' '),
  ]);
  return page(
    'Alerts',
    'Judged by Prometheus, from `prometheus/rules`; each name leads to its runbook. An alert fires when its condition has held for as ' +
      'long as the third column says. Who gets them: [bundle.md](../bundle.md#alerts).',
    markdownTable(['alert', 'severity', 'after', 'condition'], rows),
  );
}

async function commands(list: readonly CommandEntry[]): Promise<string> {
  const parts = await Promise.all(
    list.map(async ({ name, load }) => {
      const { command } = await load();
      return `## ${name}\n\n\`\`\`\n${commandHelp(command).trimEnd()}\n\`\`\``;
    }),
  );
  return page(
    'Commands',
    'Exit codes of every command: 0 done or nothing to do, 1 failed, 2 usage, 3 a precondition is not met, 4 locked by ' +
      'another run, 130 interrupted.',
    parts.join('\n\n'),
  );
}

/** The pages of docs/reference by their path, made from the declarations in the code. */
export async function referencePages(list: readonly CommandEntry[]): Promise<Record<string, string>> {
  const document = openapi(ROUTES, { publicUrl: 'http://127.0.0.1:8080', version: productVersion });
  return {
    'docs/reference/settings.md': settings(),
    'docs/reference/routes.md': routes(),
    'docs/reference/errors.md': errors(),
    'docs/reference/metrics.md': metrics(),
    'docs/reference/alerts.md': alerts(),
    'docs/reference/commands.md': await commands(list),
    'docs/reference/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
  };
}
