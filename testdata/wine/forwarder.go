package wine

import (
	"bytes"
	"encoding/binary"
)

// forwarderDLL returns a library for 64-bit Windows without any code, whose
// only export stands for a function of another library ("library.function").
// The format is "PE Format" in Microsoft's documentation: headers in the first
// 512 bytes of the file, one section with the export directory in the next.
func forwarderDLL(library, export, target string) []byte {
	const (
		block   = 0x200  // FileAlignment
		section = 0x1000 // SectionAlignment, and where the section is mapped
	)
	names := exportSection(section, library, export, target)
	var b bytes.Buffer
	le := func(fields ...any) {
		for _, f := range fields {
			binary.Write(&b, binary.LittleEndian, f) // never fails: the sizes are fixed
		}
	}
	b.WriteString("MZ")
	b.Write(make([]byte, 0x3c-b.Len()))
	le(uint32(0x40))
	b.WriteString("PE\x00\x00")
	// COFF header: AMD64, one section, an executable image that is a library.
	le(uint16(0x8664), uint16(1), uint32(0), uint32(0), uint32(0), uint16(240), uint16(0x2022))
	// Optional header, PE32+.
	le(uint16(0x20b), uint16(0), uint32(0), uint32(block), uint32(0), uint32(0), uint32(section))
	le(uint64(0x180000000), uint32(section), uint32(block))
	le(uint16(6), uint16(0), uint16(0), uint16(0), uint16(6), uint16(0), uint32(0))
	le(uint32(2*section), uint32(block), uint32(0), uint16(2), uint16(0x140))
	le(uint64(1<<20), uint64(1<<12), uint64(1<<20), uint64(1<<12), uint32(0), uint32(16))
	le(uint32(section), uint32(len(names)))
	b.Write(make([]byte, 15*8))
	// The section: initialized data that may be read.
	b.WriteString(".edata\x00\x00")
	le(uint32(len(names)), uint32(section), uint32(block), uint32(block))
	le(uint32(0), uint32(0), uint32(0), uint32(0x40000040))
	b.Write(make([]byte, block-b.Len()))
	b.Write(names)
	b.Write(make([]byte, 2*block-b.Len()))
	return b.Bytes()
}

// exportSection is an export directory with its tables, mapped at rva. An
// address inside the directory is the name of a function elsewhere.
func exportSection(rva uint32, library, export, target string) []byte {
	const header, tables = 40, 4 + 4 + 2
	at := rva + header + tables
	libraryAt := at
	exportAt := libraryAt + uint32(len(library)) + 1
	targetAt := exportAt + uint32(len(export)) + 1
	var b []byte
	for _, f := range []uint32{0, 0, 0, libraryAt, 1, 1, 1, rva + header, rva + header + 4, rva + header + 8, targetAt, exportAt} {
		b = binary.LittleEndian.AppendUint32(b, f)
	}
	b = binary.LittleEndian.AppendUint16(b, 0)
	return append(b, library+"\x00"+export+"\x00"+target+"\x00"...)
}
