/** Text as HTML. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Text in which `code` stands between backticks, as HTML. */
export const withCode = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d9dee5, #333b46); --soft: light-dark(#f5f7f9, #161b22);
    --text: light-dark(#17202b, #dfe6ee); --dim: light-dark(#566272, #93a1b1); --accent: light-dark(#0b57a4, #74b3f5); }
  * { box-sizing: border-box } html { scroll-padding-top: 1rem }
  body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: light-dark(#fff, #0d1117) }
  .page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); max-width: 76rem; margin: auto }
  nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1.5rem 1rem; border-right: 1px solid var(--line); font-size: .88rem }
  nav h2 { font-size: .75rem; text-transform: uppercase; letter-spacing: .06em; color: var(--dim); margin: 1.2rem 0 .3rem }
  nav a { display: block; padding: .12rem 0; text-decoration: none; color: inherit } nav a:hover { color: var(--accent) }
  main { padding: 2rem 2.5rem 6rem; min-width: 0 } h1 { margin: 0 0 .3rem; font-size: 1.9rem } a { color: var(--accent) }
  section { border-top: 1px solid var(--line); padding: 1.6rem 0 .6rem } h2, h3 { line-height: 1.25 }
  .route { display: flex; flex-wrap: wrap; gap: .6rem; align-items: baseline; margin: 0 } .route code { font-size: 1.05rem; font-weight: 600; background: none; padding: 0 }
  .method { font: 700 .74rem ui-monospace, monospace; padding: .18rem .5rem; border-radius: .3rem; color: #fff; background: #4b5768 }
  .POST { background: #1c7a4a } .GET { background: #1b5fae } .PATCH { background: #97660a } .DELETE { background: #b3303a }
  .dim { color: var(--dim) } code, pre { font-family: ui-monospace, SFMono-Regular, monospace; font-size: .86em }
  code { background: var(--soft); padding: .1em .3em; border-radius: .25em }
  pre { background: var(--soft); border: 1px solid var(--line); padding: .8rem 1rem; overflow: auto; border-radius: .4rem; line-height: 1.45; white-space: pre-wrap; overflow-wrap: anywhere } pre code { background: none; padding: 0 }
  table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0 } td, th { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line) } th { font-weight: 600; color: var(--dim) }
  @media (max-width: 60rem) { .page { display: block } nav { position: static; height: auto; border: 0; border-bottom: 1px solid var(--line) } main { padding: 1.5rem 1rem } }`;

/** A whole page: no script, nothing from elsewhere. */
export const htmlPage = (page: { title: string; nav: string; main: string }): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title><style>${STYLE}</style></head>
<body><div class="page"><nav aria-label="Contents">${page.nav}</nav><main>${page.main}</main></div></body></html>
`;
