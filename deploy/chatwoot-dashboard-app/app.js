// Opens the sidebar of the conversation that Chatwoot shows. What Chatwoot posts is not signed, so
// only the conversation's number is taken from it: who looks, the service asks for itself.

const { service, chatwoot } = document.documentElement.dataset;
const said = document.getElementById("said");
const sidebar = document.getElementById("sidebar");
let shown = "";

function conversationIn(data) {
  let told;
  try {
    told = typeof data === "string" ? JSON.parse(data) : null;
  } catch {
    return null;
  }
  const id = told?.event === "appContext" ? told.data?.conversation?.id : null;
  return Number.isSafeInteger(id) && id > 0 ? `chatwoot:${id}` : null;
}

window.addEventListener("message", (event) => {
  if (event.origin !== new URL(chatwoot).origin) return;
  const conversation = conversationIn(event.data);
  if (conversation === null || conversation === shown) return;
  shown = conversation;
  const address = new URL(`/sidebar/${encodeURIComponent(conversation)}`, service);
  address.searchParams.set("in", "chatwoot");
  sidebar.src = address.href;
  sidebar.hidden = false;
  said.hidden = true;
});

window.parent.postMessage("chatwoot-dashboard-app:fetch-info", new URL(chatwoot).origin);
