// A web bot asks the desk before it acts. Run the desk with `deskquorum serve`; Node 18 or newer.
const { DESK_URL, DESK_KEY } = process.env;

export async function mayI(ticket, action) {
  const answer = await fetch(`${DESK_URL}/v1/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${DESK_KEY}`, "content-type": "application/json" },
    body: JSON.stringify({ ...ticket, proposal: { action } }),
    signal: AbortSignal.timeout(10_000),
  });
  return answer.ok ? (await answer.json()).route === "auto" : false; // not asked is not allowed
}

const ticket = JSON.parse(process.argv[2]);
console.log(await mayI(ticket, JSON.parse(process.argv[3])).catch(() => false));
