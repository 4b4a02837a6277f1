package wire

// Payload returns the payload of a complete server's frame, in its memory.
func Payload(frame []byte) []byte {
	switch frame[1] & 0x7f {
	case length16:
		return frame[headSize+2:]
	case length64:
		return frame[headSize+8:]
	default:
		return frame[headSize:]
	}
}
