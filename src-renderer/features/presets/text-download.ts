/** Gives a person a file of text, as browsers and the desktop's window do. */
export function saveText(file: {
  readonly fileName: string;
  readonly text: string;
}): void {
  const url = URL.createObjectURL(
    new Blob([file.text], { type: "application/json" }),
  );
  const link = document.createElement("a");
  link.href = url;
  link.download = file.fileName;
  link.click();
  // The download has taken hold of it by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
