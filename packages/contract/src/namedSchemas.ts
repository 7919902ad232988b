import { z } from 'zod';
import * as certificates from './certificates.ts';
import * as errors from './errors.ts';
import * as evidence from './evidence.ts';
import * as ingest from './ingest.ts';
import * as keys from './keys.ts';
import * as ledger from './ledger.ts';
import * as models from './models.ts';
import * as policies from './policies.ts';
import { pageOf } from './primitives.ts';
import * as scopes from './scopes.ts';
import * as webhooks from './webhooks.ts';

/** The part of JSON Schema 2020-12 that the contract's schemas come out as; `$ref` is the name of another. */
export interface NamedSchema {
  $ref?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'null';
  enum?: string[];
  const?: string | number | boolean;
  anyOf?: NamedSchema[];
  oneOf?: NamedSchema[];
  items?: NamedSchema;
  properties?: Record<string, NamedSchema>;
  required?: string[];
  additionalProperties?: NamedSchema | boolean;
}

/** What a tenant's caller does not meet. */
const OPERATORS = ['LedgerQuery', 'LedgersVerification'];

/** Names for what the contract types by lists of texts, beside its schemas. */
const LISTS = {
  ArtifactName: z.enum(evidence.ARTIFACT_NAMES),
  ErrorCode: z.enum(Object.keys(errors.ERRORS)),
  FeatureName: z.enum(policies.FEATURE_NAMES),
  Features: z.strictObject(Object.fromEntries(policies.FEATURE_NAMES.map((name) => [name, z.number()]))),
  LedgerEventType: z.enum(ledger.LEDGER_EVENT_TYPES),
  ModelKind: z.enum(models.MODEL_KINDS),
  WebhookEventType: z.enum(webhooks.SENT_EVENTS),
};

const PAGES = {
  DeliveryPage: pageOf(webhooks.Delivery),
  LedgerEventPage: pageOf(ledger.LedgerEvent),
  PolicyPage: pageOf(policies.Policy),
  UploadPage: pageOf(ingest.UploadSummary),
  WebhookPage: pageOf(webhooks.Webhook),
};

const MODULES = [certificates, errors, evidence, ingest, keys, ledger, models, policies, scopes, webhooks];

/**
 * Every object, union and enumeration of the tenants' API by the name of its export, in the order of names,
 * as callers write it: what has a default may be left out.
 */
export function namedSchemas(): [string, NamedSchema][] {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of [LISTS, PAGES, ...MODULES].flatMap((module) => Object.entries(module))) {
    if (schema instanceof z.ZodType && isNamed(schema) && !OPERATORS.includes(id))
      registry.add(schema, { id });
  }
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => id });
  const named: [string, NamedSchema][] = Object.entries(plain(schemas));
  return named.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** One way of writing each thing: a type that may be null as a union, an enumeration that has a name by its name. */
function plain(schemas: object): Record<string, NamedSchema> {
  const names = new Map(
    Object.entries(schemas).flatMap(([name, one]) => (one.enum ? [[String(one.enum), name]] : [])),
  );
  return JSON.parse(JSON.stringify(schemas), (_, value) => {
    const { type, enum: texts, $id, ...more } = value ?? {};
    if (Array.isArray(type) && type.every((one) => typeof one === 'string'))
      return { ...more, anyOf: type.map((one) => ({ type: one })) };
    const name = texts && $id === undefined ? names.get(String(texts)) : undefined;
    return name === undefined ? value : { ...more, $ref: name };
  });
}

/** Forms of text have no name: a type cannot tell them from text. */
const isNamed = (schema: z.ZodType) => ['object', 'union', 'enum'].includes(schema.type);
