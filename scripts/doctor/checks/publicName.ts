import { isIP } from 'node:net';
import { defineCheck, warning } from '../doctorCheck.ts';

export const publicName = defineCheck({
  name: 'public-name',
  rule: 'the public name leads to this host',
  needs: 'settings',
  async detect({ settings, host }) {
    const name = settings.ORIGIN_PUBLIC_NAME;
    const found = isIP(name) ? [name] : await host.resolve(name);
    if (found.length === 0) {
      return [warning(`no name server knows ${name}`, `add a record for ${name} to your name server`)];
    }
    const own = host.addresses().map(({ address }) => address);
    if (found.some((address) => own.includes(address))) return [];
    const what = `${name} leads to ${found.join(', ')}; this host has ${own
      .filter((one) => !/^(127\.|::1|fe80)/.test(one))
      .slice(0, 4)
      .join(', ')}`;
    return [
      warning(what, 'nothing, where a load balancer or a router passes it on; else correct the record'),
    ];
  },
});
