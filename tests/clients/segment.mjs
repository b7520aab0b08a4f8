// Sends events with @segment/analytics-node and its defaults. Prints the id of each that it was told is taken.
// Usage: segment.mjs ADDRESS PREFIX COUNT
import { Analytics } from "@segment/analytics-node"

const [host, prefix, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey: "k", host })
analytics.on("error", (e) => console.error(String(e.reason ?? e.code)))
for (let i = 0; i < Number(count); i++) {
  const event = { userId: "u", event: "e", messageId: `${prefix}-${i}`, properties: { n: i } }
  analytics.track(event, (why, context) => {
    if (!why) console.log(context.event.messageId)
  })
}
await analytics.closeAndFlush({ timeout: 60_000 })
