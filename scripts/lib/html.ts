/** A piece of HTML that is not escaped again. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | readonly (Html | string | number)[];

/** HTML of a template: what is put in is escaped, but for what `html` itself made. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  const written = parts.map((part) => [part].flat().map(escaped).join(''));
  return new Html(strings.map((text, index) => text + (written[index] ?? '')).join(''));
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (part: unknown): string =>
  part instanceof Html ? part.text : String(part).replace(/[&<>"']/g, (mark) => ENTITIES[mark] ?? '');
