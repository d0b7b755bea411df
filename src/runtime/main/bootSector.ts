/**
 * A disk that boots anywhere an x86 BIOS does: it writes one line to the first serial port and halts. It shows that a
 * guest ran without a byte of somebody else's system in this repository.
 */
const message = "Kilonova: this server runs.\r\n"

const codeAt = 0x7c00
const imageBytes = 1024 * 1024
const textOffset = 0x40

const code = [
  0x31, 0xc0, //                                        xor ax, ax
  0x8e, 0xd8, //                                        mov ds, ax
  0xfc, //                                              cld
  0xbe, textOffset, codeAt >> 8, //                     mov si, text
  0xac, //                                        next: lodsb
  0x84, 0xc0, //                                        test al, al
  0x74, 0x12, //                                        jz done
  0x88, 0xc4, //                                        mov ah, al
  0xba, 0xfd, 0x03, //                                  mov dx, line status
  0xec, //                                        wait: in al, dx
  0xa8, 0x20, //                                        test al, ready to send
  0x74, 0xfb, //                                        jz wait
  0x88, 0xe0, //                                        mov al, ah
  0xba, 0xf8, 0x03, //                                  mov dx, data
  0xee, //                                              out dx, al
  0xeb, 0xe9, //                                        jmp next
  0xf4, //                                        done: hlt
  0xeb, 0xfd //                                         jmp done
]

/** The raw disk image. */
export const bootSector = (): Uint8Array<ArrayBuffer> => {
  const disk = new Uint8Array(imageBytes)
  disk.set(code)
  disk.set(new TextEncoder().encode(`${message}\0`), textOffset)
  disk.set([0x55, 0xaa], 510)
  return disk
}
