/** On small screens one panel is shown at a time; these buttons choose it. */
export function startTabs(): void {
  const buttons = document.querySelectorAll<HTMLButtonElement>("[data-show]");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      document.body.dataset["tab"] = button.dataset["show"] ?? "market";
      for (const other of buttons) {
        other.setAttribute("aria-pressed", String(other === button));
      }
    });
  }
}
