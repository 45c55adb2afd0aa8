/**
 * Parts of Chromium this app never uses and that would be in its way.
 *
 * The media router looks for television sets by mDNS and DIAL, and WebRTC hides
 * addresses behind mDNS names: both bind UDP 5353, where the node's own
 * discovery listens.
 */
const disabledFeatures = [
  "MediaRouter",
  "DialMediaRouteProvider",
  "CastMediaRouteProvider",
  "GlobalMediaControlsCastStartStop",
  "WebRtcHideLocalIpsWithMdns",
] as const;

/** To be called before the app is ready: later Chromium does not look. */
export function setChromiumSwitches(commandLine: {
  appendSwitch(name: string, value?: string): void;
}): void {
  commandLine.appendSwitch("disable-features", disabledFeatures.join(","));
  // Nothing of ours asks the network; what Chromium asks by itself is turned off.
  commandLine.appendSwitch("disable-background-networking");
  commandLine.appendSwitch("disable-component-update");
}
