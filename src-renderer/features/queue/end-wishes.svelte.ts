/** What this window does when the queue is done; the node's own actions are its settings. Kept per browser. */
class EndWishes {
  tells = $state(localStorage.getItem("when-done-tells") === "yes");
  reveals = $state(localStorage.getItem("when-done-reveals") === "yes");

  keep(): void {
    localStorage.setItem("when-done-tells", this.tells ? "yes" : "no");
    localStorage.setItem("when-done-reveals", this.reveals ? "yes" : "no");
  }
}

export const endWishes = new EndWishes();
