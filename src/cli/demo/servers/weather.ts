import { choice, count, type DemoServer, type DemoTool, flag, moment, number, PAGE, text, tool } from '../tool.ts';

const place = {
  location: text('Name of a place, for example "Utrecht, NL", or an identifier from search_locations.'),
  latitude: number('Latitude in degrees; only together with longitude, and instead of location.', -90, 90),
  longitude: number('Longitude in degrees.', -180, 180),
};
const units = choice('Units of the answer: metric has °C and km/h, imperial has °F and mph.', ['metric', 'imperial']);
const language = text('Language of descriptions (BCP 47), for example "en" or "pt-BR".');

interface Report {
  readonly name: string;
  readonly description: string;
  readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly answer: unknown;
}

const REPORTS: readonly Report[] = [
  {
    name: 'get_current_weather',
    description: 'Get the weather at a place now: temperature, wind, humidity, pressure, clouds and visibility.',
    answer: { temperature: 17, wind: 22, sky: 'light rain' },
  },
  {
    name: 'get_daily_forecast',
    description:
      'Get the forecast for the next days: highest and lowest temperature, chance of rain, wind and sunshine.',
    properties: { days: count('How many days, today included.', 16, 7), include_night: flag('Also the nights.') },
    answer: [{ day: 1, high: 19, low: 11, rain: 0.6 }],
  },
  {
    name: 'get_hourly_forecast',
    description: 'Get the forecast hour by hour. Rain is given in millimetres and as a chance between 0 and 1.',
    properties: { hours: count('How many hours from now on.', 240, 24) },
    answer: [{ hour: 14, temperature: 18, rain: 0.2 }],
  },
  {
    name: 'get_alerts',
    description: 'Get the warnings that are in force at a place, or will be within two days, by severity.',
    properties: { minimum_severity: choice('Leave out lesser warnings.', ['minor', 'moderate', 'severe', 'extreme']) },
    answer: [],
  },
  {
    name: 'get_air_quality',
    description: 'Get the air quality index at a place with the concentrations of the main pollutants, in µg/m³.',
    properties: { scale: choice('Which index.', ['european', 'us_epa']), forecast_hours: count('Forecast.', 96, 24) },
    answer: { index: 31, level: 'good' },
  },
  {
    name: 'get_pollen_forecast',
    description: 'Get the pollen counts of grasses, trees and weeds for the next days, each on a scale from 0 to 5.',
    properties: { days: count('How many days.', 5, 3) },
    answer: [{ day: 1, grass: 2, tree: 0, weed: 1 }],
  },
  {
    name: 'get_marine_conditions',
    description: 'Get waves, swell, currents and water temperature at a point at sea or on the coast.',
    properties: { hours: count('How many hours from now on.', 168, 24) },
    answer: { wave_height: 1.2, water_temperature: 16 },
  },
  {
    name: 'get_sun_and_moon',
    description: 'Get the times of sunrise, sunset, twilight, moonrise and moonset, and the phase of the moon.',
    properties: { date: text('Day as YYYY-MM-DD; today if left out.') },
    answer: { sunrise: '06:52', sunset: '20:21', moon: 'waxing' },
  },
  {
    name: 'get_historical_weather',
    description: 'Get what was measured at a place between two moments, as hourly or daily values.',
    properties: {
      from: moment('Begin (ISO 8601), not before 1950.'),
      to: moment('End (ISO 8601), at most one year after the begin.'),
      resolution: choice('Step between two values.', ['hour', 'day']),
    },
    answer: [{ day: '2026-08-31', mean: 16.4 }],
  },
  {
    name: 'get_climate_normals',
    description: 'Get the averages of thirty years for a month at a place: temperature, rain, sunshine and wind.',
    properties: { month: count('Month of the year.', 12, 1), period: choice('Years.', ['1961-1990', '1991-2020']) },
    answer: { mean: 15.1, rain_mm: 74 },
  },
];

const search: DemoTool = tool(
  'search_locations',
  {
    description: 'Find places by name or postal code. Use the identifier from the answer where a name is ambiguous.',
    properties: { query: text('Name or postal code.'), country: text('ISO 3166-1 alpha-2 code.'), language, ...PAGE },
    required: ['query'],
    effect: 'reads',
  },
  ({ query }) => [{ id: 'loc-2745912', name: query }],
);

export const weather: DemoServer = {
  name: 'weather',
  description: 'Weather now, forecasts, warnings and climate for any place',
  tools: [
    search,
    ...REPORTS.map(({ name, description, properties = {}, answer }) =>
      tool(
        name,
        { description, properties: { ...place, units, language, ...properties }, effect: 'reads' },
        () => answer,
      ),
    ),
  ],
};
