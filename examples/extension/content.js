// This runs in the page, with the page's storage and policy, so it has no client: the background submits.
chrome.runtime.sendMessage({ path: location.pathname })
