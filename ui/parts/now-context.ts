import { createContext } from 'preact';
import type { Now } from '../../src/ui/api.ts';
import type { Loaded } from '../use-data.ts';

/** The state of the gateways: the frame asks for it, the views show it. */
export const NowContext = createContext<Loaded<Now>>({ data: undefined, error: undefined, again: () => undefined });
