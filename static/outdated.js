// Runs only where ES modules do not exist: such a client is too old for the bridge, and says so.
document.dingbridge.fail("old_client");
