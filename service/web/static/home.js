// The form of the front page, answered in place as MathML. Without this script the browser goes to the answer as text.
const form = document.querySelector("form.try");
const result = document.querySelector("#result");

async function ask(address) {
  const answer = await fetch(address);
  if (answer.ok) return new DOMParser().parseFromString(await answer.text(), "application/xml").documentElement;
  const problem = await answer.json();
  const told = document.createElement("p");
  told.className = "refused";
  told.textContent = problem.hint ? `${problem.detail}. Hint: ${problem.hint}` : problem.detail;
  return told;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const action = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  const fields = new URLSearchParams(new FormData(form));
  fields.set("format", "mathml");
  result.setAttribute("aria-busy", "true");
  try {
    result.replaceChildren(document.importNode(await ask(`${action}?${fields}`), true));
  } catch {
    result.textContent = "The service did not answer.";
  }
  result.removeAttribute("aria-busy");
});
