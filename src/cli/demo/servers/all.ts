import type { DemoServer } from '../tool.ts';
import { calendar } from './calendar.ts';
import { database } from './database.ts';
import { notes } from './notes.ts';
import { tickets } from './tickets.ts';
import { weather } from './weather.ts';

/** The servers of the demo, in the order of their names. */
export const DEMO_SERVERS: readonly DemoServer[] = [calendar, database, notes, tickets, weather];
