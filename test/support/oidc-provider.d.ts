/** The little of the package that the tests use; it has no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface Context {
    readonly body?: unknown;
    readonly oidc: { readonly params: Readonly<Record<string, string | undefined>> };
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addResourceScope(resource: string, scope: string): void;
    save(): Promise<string>;
  }

  export interface Interaction {
    readonly uid: string;
    readonly params: Readonly<Record<string, string | undefined>>;
  }

  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly Grant: new (facts: {
      accountId: string;
      clientId: string | undefined;
    }) => Grant;
    readonly RefreshToken: { find(token: string): Promise<object | undefined> };
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>;
    on(event: 'grant.success' | 'registration_create.success', listener: (context: Context) => void): this;
    on(event: 'grant.error', listener: (context: Context, error: Error) => void): this;
    on(event: 'authorization.success', listener: (context: Context, answer?: Record<string, string>) => void): this;
  }
}
