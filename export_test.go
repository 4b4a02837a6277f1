package outcry

// The constructors of the memory twins, for the contract suites.
var (
	NewMemoryBroker   = newMemoryBroker
	NewMemoryPresence = newMemoryPresence
)
