package host

// fileKeeperOfWine is "" in every product; tests under Wine, which keeps no
// owners of files, set it to the user that all files belong to there.
const fileKeeperOfWine = ""
