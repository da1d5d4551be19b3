/* Runs before the page is painted: marks that scripts work, so that nothing jumps later. */
document.documentElement.classList.add("gk-js");
