import type { NamedSchema } from '@origin-stack/contract/namedSchemas';

/** TypeScript's types of the API, one a schema. Biome does not format what is written here. */
export function typescriptTypes(schemas: readonly [string, NamedSchema][]): string {
  const types = schemas.map(
    ([name, schema]) => `${docOf(schema, '')}export type ${name} = ${typeOf(schema, '')};\n`,
  );
  return `// Made by ./stack reference from packages/contract: what the API takes and gives.\n\n${types.join('\n')}`;
}

function typeOf(schema: NamedSchema, indent: string): string {
  if (schema.$ref !== undefined) return schema.$ref;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((text) => JSON.stringify(text)).join(' | ');
  const variants = schema.anyOf ?? schema.oneOf;
  if (variants) return variants.map((variant) => typeOf(variant, indent)).join(' | ');
  switch (schema.type) {
    case 'object':
      return objectOf(schema, indent);
    case 'array':
      return `Array<${typeOf(schema.items ?? {}, indent)}>`;
    case 'integer':
      return 'number';
    default:
      return schema.type ?? 'unknown';
  }
}

function objectOf(schema: NamedSchema, indent: string): string {
  const { properties, required = [], additionalProperties } = schema;
  if (!properties) {
    const value = typeof additionalProperties === 'object' ? additionalProperties : {};
    return `Record<string, ${typeOf(value, indent)}>`;
  }
  const deeper = `${indent}  `;
  const members = Object.entries(properties).map(([name, member]) => {
    const type = typeOf(member, deeper);
    const typed = required.includes(name) ? `${name}: ${type}` : `${name}?: ${type} | undefined`;
    return `${docOf(member, deeper)}${deeper}${typed};\n`;
  });
  return `{\n${members.join('')}${indent}}`;
}

const docOf = ({ description }: NamedSchema, indent: string) =>
  description === undefined ? '' : `${indent}/** ${description.replaceAll('*/', '*\\/')} */\n`;
