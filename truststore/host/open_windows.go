package host

const openNonblock = 0
