import { defineCheck, error, type Issue, warning } from '../doctorCheck.ts';

const LOCAL = ['localhost', '127.0.0.1'];

export const proxy = defineCheck({
  name: 'proxy',
  rule: 'the settings of a proxy are addresses, and leave this host out',
  needs: 'host',
  detect({ host: { env } }) {
    const found: Issue[] = [];
    const given = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].filter((name) => env[name]);
    for (const name of given) {
      const url = URL.parse(env[name] ?? '');
      if (url !== null && /^(https?|socks5h?):$/.test(url.protocol)) continue;
      found.push(error(`${name} is no address of a proxy`, `export ${name}=http://proxy.example.com:3128`));
    }
    const excepted = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((one) => one.trim());
    if (given.length > 0 && !excepted.includes('*') && !LOCAL.every((name) => excepted.includes(name))) {
      const what = `${given[0]} is set, and NO_PROXY leaves out ${LOCAL.join(' or ')}: the self-check may ask the proxy`;
      found.push(warning(what, `export NO_PROXY=${[...LOCAL, ...excepted].filter(Boolean).join(',')}`));
    }
    return found;
  },
});
