import type { ErrorCode } from '@origin-stack/contract/errors';
import type { TenantScope } from '@origin-stack/contract/scopes';
import type { KeyActor } from '@origin-stack/core/domain/ports';
import type { z } from 'zod';
import type { ApiDeps } from '../wire.ts';

/** Who may call: keys with a scope, any good key, or anybody, and then why. */
export type Access = { scope: TenantScope } | { anyKey: string } | { public: string };

type Schema = z.ZodType | null;
type Output<S extends Schema> = S extends z.ZodType ? z.output<S> : null;

/** A reply's schema by status; null where there is no body. */
export type Replies = Record<number, Schema>;
type ReplyOf<R extends Replies> = {
  [S in keyof R & number]: { status: S; body: R[S] extends z.ZodType ? z.input<R[S]> : null };
}[keyof R & number];

/** What a handler is given. */
export interface Call<A extends Access, P extends Schema, Q extends Schema, B extends Schema> {
  deps: ApiDeps;
  actor: A extends { public: string } ? null : KeyActor;
  params: Output<P>;
  query: Output<Q>;
  body: Output<B>;
}

/** One route: everything that mounting, OpenAPI, the reference and the tests of every route are made from. */
export interface Route<
  A extends Access = Access,
  P extends Schema = Schema,
  Q extends Schema = Schema,
  B extends Schema = Schema,
  R extends Replies = Replies,
> {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With parameters in braces, as in OpenAPI. */
  path: string;
  /** The name of the operation, unique. */
  name: string;
  summary: string;
  access: A;
  params: P;
  query: Q;
  body: B;
  replies: R;
  /** Beside those that every route can give. */
  errors: ErrorCode[];
  /** For a public GET that pages of any origin may read: how long a cache may keep the reply. */
  forPages?: { maxAgeSeconds: number };
  /** Members of the reply that are shown once: a stored reply has null there. */
  secrets?: string[];
  handler(call: Call<A, P, Q, B>): Promise<ReplyOf<R>>;
}

/** A route whose types nobody needs any more. */
export type AnyRoute = Omit<Route, 'handler'> & {
  handler(call: Call<Access, Schema, Schema, Schema>): Promise<{ status: number; body: unknown }>;
};

/** Declares a route; leaving a part out does not compile. */
export function defineRoute<
  A extends Access,
  P extends Schema,
  Q extends Schema,
  B extends Schema,
  R extends Replies,
>(route: Route<A, P, Q, B, R>): AnyRoute {
  return route as unknown as AnyRoute;
}

/** A handler's reply. */
export const reply = <S extends number, B>(status: S, body: B): { status: S; body: B } => ({ status, body });
