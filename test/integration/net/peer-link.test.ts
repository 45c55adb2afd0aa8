import { peerLinkContract } from "../../contract/peer-link.contract.ts";
import { loopbackFarm } from "../../fixtures/loopback-links.ts";

peerLinkContract("a link over loopback TLS", async () => {
  const farm = await loopbackFarm();
  const { worker, master } = await farm.connect();
  return {
    a: worker,
    b: master,
    dispose: async () => {
      worker.close();
      await farm.close();
    },
  };
});
