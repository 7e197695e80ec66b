/** Sign-ins to servers, as the page shows and begins them: those of `auth status` and `auth login`. */
import type { Settings } from '../config/settings.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import type { SignInLinkReport, SignInReport } from '../ui/api.ts';
import { beginSignIn, signIns, tellGateways, withGateway } from './auth-run.ts';

export class UiSignIns {
  readonly #settings: Settings;
  /** By server: what listens for the answer of a sign-in under way. */
  readonly #waiting = new Map<string, Gateway>();

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, CREDENTIALS_UNREADABLE */
  async of(server: string): Promise<readonly SignInReport[]> {
    let found: readonly SignInReport[] = [];
    await withGateway(this.#settings, async (gateway) => {
      found = (await signIns(gateway)).filter((report) => report.server === server);
    });
    return found;
  }

  /** Begins one, in the place of one under way. @throws GatewayError as `beginSignIn` */
  async begin(server: string): Promise<SignInLinkReport> {
    await this.#end(server);
    const gateway = await createGateway({ ...this.#settings, initStrategy: 'lazy' }, { watch: false, quiet: true });
    // Somebody may have pressed twice.
    const other = this.#waiting.get(server);
    this.#waiting.set(server, gateway);
    await other?.stop(0);
    const signIn = await beginSignIn(gateway, server).catch(async (error: unknown) => {
      await this.#end(server);
      throw error;
    });
    if (signIn === undefined) {
      await this.#end(server);
      return {};
    }
    const { url, where, done } = signIn;
    done
      .then(() => tellGateways(this.#settings, server))
      .catch(() => undefined)
      .finally(() => (this.#waiting.get(server) === gateway ? this.#end(server) : undefined));
    return { url, where };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#waiting.keys()].map((server) => this.#end(server)));
  }

  async #end(server: string): Promise<void> {
    const gateway = this.#waiting.get(server);
    this.#waiting.delete(server);
    await gateway?.stop(0);
  }
}
