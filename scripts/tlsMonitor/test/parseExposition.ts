/** A sample as Prometheus reads it. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"/;
const ESCAPED: Record<string, string> = { '\\\\': '\\', '\\"': '"', '\\n': '\n' };

/**
 * Reads Prometheus' text format as strictly as node-exporter does, which drops a whole file for one fault: help and type
 * once and before the samples of a metric, which stand together, no two with the same labels. Throws with the line.
 */
export function parseExposition(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const fail = (why: string): never => {
      throw new Error(`${why}: ${line}`);
    };
    const once = (key: string) => (seen.has(key) ? fail('twice') : seen.add(key));
    const [, kind, ofName = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      once(`help ${ofName}`);
      family = ofName;
    } else if (kind === 'TYPE') {
      once(`type ${ofName}`);
      if (ofName !== family || rest !== 'gauge') fail('a type of another metric, or none that is used here');
    } else {
      const sample = parseSample(line, fail);
      if (sample.name !== family || !seen.has(`type ${family}`)) fail('a sample outside of its metric');
      const labels = Object.entries(sample.labels).sort();
      once(JSON.stringify([sample.name, labels]));
      samples.push(sample);
    }
  }
  return samples;
}

function parseSample(line: string, fail: (why: string) => never): Sample {
  const [name] = NAME.exec(line) ?? fail('no name');
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith('{')) {
    rest = rest.slice(1);
    while (!rest.startsWith('}')) {
      const [whole, label = '', value = ''] = LABEL.exec(rest) ?? fail('no label');
      if (label in labels) fail('a label twice');
      labels[label] = value.replace(/\\["\\n]/g, (escaped) => ESCAPED[escaped] ?? fail('no escape'));
      rest = rest.slice(whole.length);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else if (!rest.startsWith('}')) fail('no end of the labels');
    }
    rest = rest.slice(1);
  }
  if (!/^ -?\d+(\.\d+)?$/.test(rest)) fail('no value');
  return { name, labels, value: Number(rest) };
}
