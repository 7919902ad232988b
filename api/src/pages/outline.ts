interface JsonSchema {
  type?: string | string[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  enum?: unknown[];
  const?: unknown;
  additionalProperties?: JsonSchema | boolean;
  description?: string;
  default?: unknown;
}

/** A JSON Schema as a short outline that a person reads: members, types, and what is optional. */
export function outline(schema: JsonSchema, indent = ''): string {
  const options = schema.anyOf ?? schema.oneOf;
  if (options) return options.map((option) => outline(option, indent)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.type === 'array') return `[ ${outline(schema.items ?? {}, indent)} … ]`;
  if (schema.type === 'object') return object(schema, indent);
  return typeof schema.type === 'string' ? schema.type : 'any';
}

function object(schema: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const members = Object.entries(schema.properties ?? {}).map(([name, member]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    const note = member.description ? `   // ${member.description}` : '';
    const fallback = member.default === undefined ? '' : ` = ${JSON.stringify(member.default)}`;
    return `${inner}${name}${optional}: ${outline(member, inner)}${fallback}${note}`;
  });
  if (members.length > 0) return `{\n${members.join('\n')}\n${indent}}`;
  const values = schema.additionalProperties;
  return typeof values === 'object' ? `{ name: ${outline(values, inner)} … }` : '{}';
}
