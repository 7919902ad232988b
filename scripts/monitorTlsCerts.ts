import { locateBundle } from './bundle/bundleDir.ts';
import { requireBundle } from './bundle/bundleSettings.ts';
import { defineCommand } from './lib/command.ts';
import { stateDirFlag } from './lib/stateDirFlag.ts';
import { requireMetricsFile } from './tlsMonitor/metricsFile.ts';
import { monitorCertificates } from './tlsMonitor/monitorCertificates.ts';
import { monitorData, monitorText } from './tlsMonitor/monitorText.ts';
import { isBad } from './tlsMonitor/watched.ts';

export const command = defineCommand({
  name: 'monitor-tls-certs',
  summary: 'Look at every certificate, in its file and as it is served, and say what runs out or is wrong',
  details:
    'The public certificate with its chain, the internal authority, and that of every service: time, key, names, issuer, and ' +
    'whether each listener serves what lies in its file. critical is less than 7 days or a sixth of its life, whichever is ' +
    'shorter; warning less than 30 days or a third. Nothing is changed but the metrics file. Exits 1 where anything is ' +
    'critical, expired or unreadable; a warning is no failure. The timer of `./stack service install` runs it every six hours.',
  examples: [
    './stack monitor-tls-certs',
    './stack monitor-tls-certs --metrics-file textfile/certificates.prom',
    './stack monitor-tls-certs --json',
  ],
  flags: {
    'metrics-file': {
      type: 'string',
      placeholder: 'FILE',
      summary: "write the metrics there too, in Prometheus' text format",
    },
    'state-dir': stateDirFlag,
  },
  looksItself: true,
  async plan({ flags }) {
    const metricsFile = flags['metrics-file'];
    await requireBundle(locateBundle(flags['state-dir']));
    if (metricsFile === undefined) return { summary: 'it changes nothing', steps: [] };
    await requireMetricsFile(metricsFile);
    return { summary: 'would look, and', steps: [{ action: `write ${metricsFile}`, file: metricsFile }] };
  },
  async run({ flags, progress, signal }) {
    const dir = locateBundle(flags['state-dir']);
    const metricsFile = flags['metrics-file'];
    const step = progress.step('looking at the certificates');
    const monitored = await monitorCertificates(dir, { metricsFile, progress, signal });
    step.done();
    return {
      data: { ...monitorData(monitored), metrics_file: metricsFile ?? null },
      text: monitorText(monitored, dir.root),
      exitCode: monitored.certificates.some(isBad) ? 1 : 0,
    };
  },
});
