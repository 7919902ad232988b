import https from 'node:https';
import type { ClientIdentity } from '../theBundle.ts';

/** Asks Prometheus' own API, and gives the `data` of each answer. */
export async function askPrometheus({ tls, paths }: { tls: ClientIdentity; paths: string[] }) {
  const answers: unknown[] = [];
  for (const path of paths) answers.push(await ask(tls, path));
  return answers;
}

function ask(tls: ClientIdentity, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { ca, cert, key } = tls;
    const sent = https.get(`https://prometheus:9090/api/v1/${path}`, { ca, cert, key }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.once('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text).data);
        else reject(new Error(`${response.statusCode} ${text.slice(0, 200)}`));
      });
    });
    sent.once('error', reject);
  });
}
