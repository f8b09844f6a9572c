// Opens the sidebar of the ticket that an agent looks at, with a token that Zendesk's own proxy
// fetches: the API key stays in the app's secure settings and never reaches a browser.

const LASTS_S = 3600;
const RENEW_AFTER_MS = 50 * 60 * 1000;
const HEIGHT = "640px";

const said = document.getElementById("said");
const sidebar = document.getElementById("sidebar");

async function open(client) {
  const { settings } = await client.metadata();
  const service = new URL(settings.service).origin;
  const seen = await client.get(["ticket.id", "currentUser.email"]);
  const conversation = `zendesk:${seen["ticket.id"]}`;
  const { token } = await client.request({
    url: `${service}/v1/frame-tokens`,
    type: "POST",
    contentType: "application/json",
    headers: { Authorization: "Bearer {{setting.api_key}}" },
    secure: true,
    data: JSON.stringify({
      agent: seen["currentUser.email"],
      conversation,
      lasts_s: LASTS_S,
    }),
  });
  // Behind the `#` browsers keep it to themselves.
  sidebar.src = `${service}/sidebar/${encodeURIComponent(conversation)}?in=zendesk#${token}`;
  sidebar.hidden = false;
  said.hidden = true;
}

function start() {
  const client = ZAFClient.init();
  client.invoke("resize", { width: "100%", height: HEIGHT });
  const opening = () =>
    open(client).catch((error) => {
      sidebar.hidden = true;
      said.hidden = false;
      said.textContent = `deskquorum can't be reached (${error.status ?? "no answer"}).`;
    });
  opening();
  setInterval(opening, RENEW_AFTER_MS);
}

start();
