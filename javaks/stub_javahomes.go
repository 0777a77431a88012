package javaks

// Stands in for the formats until they are merged; deleted then.

func Detect([]byte) Format                     { return Unknown }
func openJKS([]byte, *string) (body, error)    { return nil, ErrUnsupported }
func openPKCS12([]byte, *string) (body, error) { return nil, ErrUnsupported }
