import { expect, it } from 'vitest';
import { html } from './html.ts';
import { htmlPage } from './htmlPage.ts';

it('escapes what is put in, and not what it made itself', () => {
  const item = html`<li>${'<b> & "c"'}</li>`;
  expect(html`<ul title="${"it's"}">${[item, item]}</ul>${7}`.text).toBe(
    '<ul title="it&#39;s"><li>&lt;b&gt; &amp; &quot;c&quot;</li><li>&lt;b&gt; &amp; &quot;c&quot;</li></ul>7',
  );
});

it('makes pages that ask for nothing and run nothing, also where the title is hostile', () => {
  const page = htmlPage('</title><script>x()</script>', html`<p>${'<img src=//x>'}</p>`);
  expect(page).not.toMatch(/<(script|img|link|iframe)|url\(|@import/i);
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('prefers-color-scheme: dark');
});
