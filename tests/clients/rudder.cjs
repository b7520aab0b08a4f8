// Sends events with @rudderstack/rudder-sdk-node and its defaults. Prints the id of each that it was told is taken.
// Usage: rudder.cjs ADDRESS PREFIX COUNT
const RudderAnalytics = require("@rudderstack/rudder-sdk-node")

const [address, prefix, count] = process.argv.slice(2)
const client = new RudderAnalytics("k", { dataPlaneUrl: address })
let open = Number(count)
for (let i = 0; i < Number(count); i++) {
  const event = { userId: "u", event: "e", messageId: `${prefix}-${i}`, properties: { n: i } }
  client.track(event, (why) => {
    open--
    if (why) console.error(String(why))
    else console.log(event.messageId)
  })
}

// A flush sends what makes one batch; its callbacks come a little later.
async function flush() {
  while (open > 0) {
    await client.flush().catch((why) => console.error(String(why)))
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  process.exit(0)
}
flush()
