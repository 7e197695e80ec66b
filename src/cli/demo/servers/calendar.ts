import { createStore } from '../store.ts';
import { choice, count, type DemoServer, flag, list, moment, PAGE, text, tool } from '../tool.ts';

const events = createStore('event', 'e-', [
  { id: 'e-11', calendar: 'team', title: 'Stand-up', start: '2026-09-01T09:00:00Z', minutes: 15 },
  { id: 'e-12', calendar: 'team', title: 'Refund backlog', start: '2026-09-01T13:00:00Z', minutes: 60 },
  { id: 'e-13', calendar: 'holidays', title: 'Dana away', start: '2026-09-02T00:00:00Z', minutes: 1440 },
]);

const event = text('Identifier of the event, from list_events or search_events.');
const calendarId = text('Identifier of the calendar, from list_calendars; your own calendar if left out.');
const attendees = list('E-mail addresses of the people to invite.', { type: 'string', format: 'email' });
const notify = choice('Who is told about the change by e-mail.', ['everybody', 'external_only', 'nobody']);
const range = {
  from: moment('Begin of the range (ISO 8601), inclusive.'),
  to: moment('End of the range (ISO 8601), exclusive. At most 90 days after its begin.'),
};

const READ = [
  tool(
    'list_calendars',
    {
      description: 'List the calendars that you may read, with their owners, time zones and what you may do in them.',
      properties: { writable_only: flag('Only calendars in which you may change events.') },
      effect: 'reads',
    },
    () => [...new Set(events.all().map((found) => found['calendar']))],
  ),
  tool(
    'list_events',
    {
      description: 'List the events of a range in the order of their start. Repeated events are returned one by one.',
      properties: { calendar_id: calendarId, ...range, include_declined: flag('Also events you declined.'), ...PAGE },
      required: ['from', 'to'],
      effect: 'reads',
    },
    ({ calendar_id: calendar }) => events.where({ calendar }),
  ),
  tool(
    'search_events',
    {
      description: 'Search the titles, descriptions, places and attendees of events in all calendars.',
      properties: { query: text('Words to look for; an event must contain all of them.'), ...range, ...PAGE },
      required: ['query'],
      effect: 'reads',
    },
    ({ query }) => events.search(query),
  ),
  tool(
    'get_event',
    {
      description: 'Get one event with its description, place, attendees, their answers, and attached files.',
      properties: { event_id: event, time_zone: text('Time zone for the times in the answer (IANA name).') },
      required: ['event_id'],
      effect: 'reads',
    },
    ({ event_id: id }) => events.get(id),
  ),
  tool(
    'find_free_time',
    {
      description:
        'Find times at which all of the given people are free, within their working hours. Returns up to ten proposals, ' +
        'earliest first. Use this before create_event when several people are to attend.',
      properties: {
        attendees,
        ...range,
        duration_minutes: count('How long the meeting takes.', 1_440, 30),
        minimum_notice_minutes: count('How far in the future the first proposal must be.', 43_200, 60),
      },
      required: ['attendees', 'from', 'to', 'duration_minutes'],
      effect: 'reads',
    },
    () => [{ start: '2026-09-01T15:00:00Z' }, { start: '2026-09-02T10:30:00Z' }],
  ),
];

const WRITE = [
  tool(
    'create_event',
    {
      description: 'Create an event and invite its attendees. Check find_free_time first when others are invited.',
      properties: {
        calendar_id: calendarId,
        title: text('What it is about, in a few words.'),
        start: moment('When it starts (ISO 8601, with offset).'),
        duration_minutes: count('How long it takes.', 1_440, 30),
        description: text('Agenda or notes, in Markdown.'),
        location: text('Place, or address of a video call.'),
        attendees,
        repeat: choice('How it repeats.', ['never', 'daily', 'weekly', 'monthly']),
        notify,
      },
      required: ['title', 'start', 'duration_minutes'],
      effect: 'changes',
    },
    ({ title, start, duration_minutes: minutes }) => events.add({ calendar: 'team', title, start, minutes }),
  ),
  tool(
    'update_event',
    {
      description:
        'Change an event. Fields that are left out stay as they are. Attendees are told unless notify says no.',
      properties: {
        event_id: event,
        title: text('New title.'),
        start: moment('New start (ISO 8601, with offset).'),
        duration_minutes: count('New length.', 1_440, 30),
        scope: choice('Which ones of a repeated event.', ['this', 'this_and_later', 'all']),
        notify,
      },
      required: ['event_id'],
      effect: 'changes',
    },
    ({ event_id: id, title }) => events.change(id, { title }),
  ),
  tool(
    'add_attendees',
    {
      description: 'Invite further people to an event. Who is invited already is left as is.',
      properties: { event_id: event, attendees, optional: flag('They need not come.'), notify },
      required: ['event_id', 'attendees'],
      effect: 'changes',
    },
    ({ event_id: id, attendees: invited }) => events.change(id, { attendees: invited }),
  ),
  tool(
    'respond_to_invitation',
    {
      description: 'Answer an invitation. The organiser sees the answer and the comment.',
      properties: {
        event_id: event,
        answer: choice('The answer.', ['accepted', 'tentative', 'declined']),
        comment: text('A sentence for the organiser.'),
      },
      required: ['event_id', 'answer'],
      effect: 'changes',
    },
    ({ event_id: id, answer }) => events.change(id, { answer }),
  ),
  tool(
    'set_reminder',
    {
      description: 'Set or replace your own reminder for an event. Other attendees do not see it.',
      properties: {
        event_id: event,
        minutes_before: count('How long before the start.', 40_320, 10),
        channel: choice('How you are reminded.', ['notification', 'email']),
      },
      required: ['event_id', 'minutes_before'],
      effect: 'changes',
    },
    ({ event_id: id, minutes_before: reminder }) => events.change(id, { reminder }),
  ),
  tool(
    'share_calendar',
    {
      description: 'Give somebody access to a calendar, or change the access that they have.',
      properties: {
        calendar_id: calendarId,
        with: text('E-mail address of the person or group.'),
        access: choice('What they may do.', ['see_free_busy', 'read', 'write', 'none']),
      },
      required: ['with', 'access'],
      effect: 'changes',
    },
    ({ with: person, access }) => ({ person, access }),
  ),
  tool(
    'delete_event',
    {
      description: 'Delete an event. Attendees get a cancellation unless notify says otherwise.',
      properties: { event_id: event, scope: choice('Which ones.', ['this', 'this_and_later', 'all']), notify },
      required: ['event_id'],
      effect: 'destroys',
    },
    ({ event_id: id }) => events.remove(id),
  ),
];

export const calendar: DemoServer = {
  name: 'calendar',
  description: 'Calendars of the team: events, invitations and free times',
  tools: [...READ, ...WRITE],
};
