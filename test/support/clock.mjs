// Preloaded into a process: its clock is ahead by CLOCK_AHEAD ms, and a day more with each SIGUSR2.
let ahead = Number(process.env.CLOCK_AHEAD)
process.on('SIGUSR2', () => {
  ahead += 24 * 3_600_000
})

const real = Date.now
const now = () => real() + ahead
globalThis.Date = new Proxy(Date, {
  construct: (date, given) => Reflect.construct(date, given.length > 0 ? given : [now()]),
  get: (date, name) => (name === 'now' ? now : Reflect.get(date, name)),
})
