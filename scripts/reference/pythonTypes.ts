import type { NamedSchema } from '@origin-stack/contract/namedSchemas';

const HEAD = `"""What the API takes and gives. Made by ./stack reference from packages/contract."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict
`;

const WIDTH = 108;

/**
 * Python's types of the API: a TypedDict for each object, those inside others by the name of the member, and an
 * alias for each union and enumeration. `NotRequired` is of Python 3.11: what may be left out is a class of its own.
 */
export function pythonTypes(schemas: readonly [string, NamedSchema][]): string {
  const written: string[] = [];
  const taken = new Set(schemas.map(([name]) => name));
  const claim = (name: string) => {
    if (taken.has(name)) throw new Error(`two types of Python would be called ${name}`);
    taken.add(name);
    return name;
  };

  function typeOf(schema: NamedSchema, name: string): string {
    if (schema.$ref !== undefined) return schema.$ref;
    if (schema.const !== undefined) return literal([schema.const]);
    if (schema.enum) return literal(schema.enum);
    const variants = schema.anyOf ?? schema.oneOf;
    if (variants) return unionOf(variants, name);
    switch (schema.type) {
      case 'object': {
        if (schema.properties) return classOf(schema, claim(name));
        const { additionalProperties: value } = schema;
        return `dict[str, ${typeOf(typeof value === 'object' ? value : {}, `${name}Value`)}]`;
      }
      case 'array':
        return `list[${typeOf(schema.items ?? {}, `${name}Item`)}]`;
      default:
        return SCALARS[schema.type ?? 'unknown'];
    }
  }

  function unionOf(variants: NamedSchema[], name: string): string {
    const types = variants.map((variant) => typeOf(variant, `${name}${distinctionOf(variant, variants)}`));
    return types.join(' | ');
  }

  /** Writes the class after those of its members, and returns its name. */
  function classOf(schema: NamedSchema, name: string): string {
    const { properties = {}, required = [], description } = schema;
    const members = Object.entries(properties).map(([member, about]) => ({
      text: memberOf(member, about, typeOf(about, `${name}${camelCase(member)}`)),
      isRequired: required.includes(member),
    }));
    const needed = members.filter(({ isRequired }) => isRequired).map(({ text }) => text);
    const free = members.filter(({ isRequired }) => !isRequired).map(({ text }) => text);
    const doc = description === undefined ? '' : `    """${description}"""\n\n`;
    if (free.length === 0) written.push(`class ${name}(TypedDict):\n${doc}${needed.join('')}`);
    else {
      const base = needed.length === 0 ? 'TypedDict' : claim(`_${name}`);
      if (needed.length > 0) written.push(`class ${base}(TypedDict):\n${needed.join('')}`);
      written.push(`class ${name}(${base}, total=False):\n${doc}${free.join('')}`);
    }
    return name;
  }

  for (const [name, schema] of schemas) {
    if (schema.type === 'object' && schema.properties) classOf(schema, name);
    else written.push(aliasOf(name, typeOf(schema, name)));
  }
  return [HEAD, ...written].join('\n\n');
}

/** The first member that no other variant has, else a number. */
function distinctionOf(variant: NamedSchema, variants: NamedSchema[]): string {
  const others = variants.filter((other) => other !== variant && other.properties);
  if (others.length === 0) return '';
  const own = Object.keys(variant.properties ?? {}).find((member) =>
    others.every(({ properties }) => !Object.hasOwn(properties ?? {}, member)),
  );
  return own === undefined ? String(variants.indexOf(variant) + 1) : camelCase(own);
}

/** In quotes where it names what may come later in the file. */
function aliasOf(name: string, type: string): string {
  const line = `${name}: TypeAlias = ${type.startsWith('Literal[') ? type : JSON.stringify(type)}\n`;
  if (line.length <= WIDTH) return line;
  const texts = type.slice('Literal['.length, -1).split(', ');
  return `${name}: TypeAlias = Literal[\n${texts.map((text) => `    ${text},\n`).join('')}]\n`;
}

const SCALARS = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
  unknown: 'Any',
} as const;

const KEYWORDS = /^(and|as|class|def|del|from|global|if|import|in|is|lambda|not|or|pass|return|with|yield)$/;

function memberOf(member: string, { description }: NamedSchema, type: string): string {
  if (!/^[a-z_]\w*$/i.test(member) || KEYWORDS.test(member))
    throw new Error(`${member} cannot be a member of a class of Python`);
  return `${description === undefined ? '' : `    # ${description}\n`}    ${member}: ${type}\n`;
}

const literal = (values: (string | number | boolean)[]) =>
  `Literal[${values.map((value) => (typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value))).join(', ')}]`;

const camelCase = (name: string) =>
  name.replace(/(^|_)([a-z0-9])/g, (_, _bar: string, letter: string) => letter.toUpperCase());
