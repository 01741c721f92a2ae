/* A reader that can be unplugged: vpcd, unless the file GONE is there.
 *
 * pcscd finds the functions that are not here in vpcd, with which this is linked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <ifdhandler.h>
#include <unistd.h>

#define VPCD(function) ((__typeof__(&function))dlsym(RTLD_NEXT, #function))

static int gone(void) { return access(GONE, F_OK) == 0; }

RESPONSECODE IFDHICCPresence(DWORD lun) { return gone() ? IFD_NO_SUCH_DEVICE : VPCD(IFDHICCPresence)(lun); }

RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD atr_length) {
    return gone() ? IFD_NO_SUCH_DEVICE : VPCD(IFDHPowerICC)(lun, action, atr, atr_length);
}

RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER sent, PUCHAR command, DWORD command_length, PUCHAR answer,
                               PDWORD answer_length, PSCARD_IO_HEADER received) {
    return gone() ? IFD_NO_SUCH_DEVICE
                  : VPCD(IFDHTransmitToICC)(lun, sent, command, command_length, answer, answer_length, received);
}
