"use strict";
for (const button of document.querySelectorAll(".command button")) {
  const word = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    if (document.execCommand("copy")) {
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = word; }, 2000);
    }
  });
}
for (const input of document.querySelectorAll("input[name=lang]")) {
  input.addEventListener("change", () => { document.documentElement.lang = input.nextElementSibling.lang; });
}
addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
