/*
 * A library to be preloaded: SCTP sockets of the one-to-many style (RFC 6458) become UDP sockets
 * with the same addresses and ports, an SCTP user message a datagram with its payload protocol
 * identifier in front. It does what an rsplib registrar needs, for tests on kernels without SCTP:
 * IPv4, one address an association, nothing lost or reordered on one host, no notifications.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/sctp.h>

#define SOCKETS 1024
#define ASSOCIATIONS 256
#define LARGEST 65536
#define SCTP_PROTOCOL 132
#define REAL(name)                                     \
   static __typeof__(&name) real;                      \
   if(!real) real = dlsym(RTLD_NEXT, #name)

static char isSctp[SOCKETS];
/* An association's identifier is its index plus one. */
static struct { int socket; struct sockaddr_in remote; } known[ASSOCIATIONS];
static int count = 0;

static int is(int fd) { return fd >= 0 && fd < SOCKETS && isSctp[fd]; }

static int associationWith(int fd, const struct sockaddr_in* remote)
{
   for(int i = 0; i < count; i++) {
      if(known[i].socket == fd && known[i].remote.sin_port == remote->sin_port &&
         known[i].remote.sin_addr.s_addr == remote->sin_addr.s_addr) return i + 1;
   }
   if(count == ASSOCIATIONS) return 0;
   known[count].socket = fd;
   known[count].remote = *remote;
   return ++count;
}

static const struct sockaddr_in* remoteOf(int association)
{
   if(association >= 1 && association <= count) return &known[association - 1].remote;
   errno = EINVAL;
   return NULL;
}

int socket(int domain, int type, int protocol)
{
   REAL(socket);
   const int fd = protocol == SCTP_PROTOCOL ? real(AF_INET, SOCK_DGRAM, 0)
                                            : real(domain, type, protocol);
   if(fd >= 0 && fd < SOCKETS) isSctp[fd] = protocol == SCTP_PROTOCOL;
   return fd;
}

int listen(int fd, int backlog)
{
   REAL(listen);
   return is(fd) ? 0 : real(fd, backlog);
}

int setsockopt(int fd, int level, int option, const void* value, socklen_t length)
{
   REAL(setsockopt);
   return level == SCTP_PROTOCOL ? 0 : real(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* length)
{
   REAL(getsockopt);
   if(level != SCTP_PROTOCOL) return real(fd, level, option, value, length);
   memset(value, 0, *length);
   return 0;
}

static int copied(const struct sockaddr_in* address, struct sockaddr** to)
{
   if(address == NULL) return -1;
   *to = malloc(sizeof *address);
   memcpy(*to, address, sizeof *address);
   return 1;
}

int sctp_getladdrs(int fd, int association, struct sockaddr** addresses)
{
   struct sockaddr_in own;
   socklen_t length = sizeof own;
   (void)association;
   if(getsockname(fd, (struct sockaddr*)&own, &length) < 0) return -1;
   return copied(&own, addresses);
}

int sctp_getpaddrs(int fd, int association, struct sockaddr** addresses)
{
   (void)fd;
   return copied(remoteOf(association), addresses);
}

int sctp_freeladdrs(struct sockaddr* addresses) { free(addresses); return 0; }
int sctp_freepaddrs(struct sockaddr* addresses) { free(addresses); return 0; }

/* The identifier is in network byte order already. */
static ssize_t transmit(int fd, const void* data, size_t length, const struct sockaddr_in* to,
                        uint32_t identifier)
{
   char datagram[LARGEST + 4];
   if(to == NULL) return -1;
   if(length == 0) return 0; /* an ABORT or a SHUTDOWN */
   if(length > LARGEST) { errno = EMSGSIZE; return -1; }
   memcpy(datagram, &identifier, 4);
   memcpy(datagram + 4, data, length);
   const ssize_t sent = sendto(fd, datagram, length + 4, 0, (const struct sockaddr*)to, sizeof *to);
   return sent < 0 ? sent : sent - 4;
}

int sctp_send(int fd, const void* data, size_t length, const struct sctp_sndrcvinfo* info,
              int flags)
{
   (void)flags;
   return transmit(fd, data, length, remoteOf(info->sinfo_assoc_id), info->sinfo_ppid);
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags)
{
   REAL(sendmsg);
   if(!is(fd)) return real(fd, message, flags);
   const struct sctp_sndrcvinfo* info = (const void*)CMSG_DATA(CMSG_FIRSTHDR(message));
   const struct sockaddr_in* to = message->msg_name;
   if(to != NULL) associationWith(fd, to);
   return transmit(fd, message->msg_iov->iov_base, message->msg_iov->iov_len,
                   to != NULL ? to : remoteOf(info->sinfo_assoc_id), info->sinfo_ppid);
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags)
{
   REAL(recvmsg);
   if(!is(fd)) return real(fd, message, flags);
   char datagram[LARGEST + 4];
   struct sockaddr_in from;
   socklen_t fromLength = sizeof from;
   const ssize_t got =
      recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr*)&from, &fromLength);
   if(got < 0) return got;
   size_t length = got < 4 ? 0 : (size_t)got - 4;
   if(length > message->msg_iov->iov_len) length = message->msg_iov->iov_len;
   memcpy(message->msg_iov->iov_base, datagram + 4, length);
   if(message->msg_name != NULL && message->msg_namelen >= sizeof from) {
      memcpy(message->msg_name, &from, sizeof from);
      message->msg_namelen = sizeof from;
   }
   struct cmsghdr* header = message->msg_control;
   struct sctp_sndrcvinfo* info = (void*)CMSG_DATA(header);
   header->cmsg_len = CMSG_LEN(sizeof *info);
   header->cmsg_level = SCTP_PROTOCOL;
   header->cmsg_type = SCTP_SNDRCV;
   memset(info, 0, sizeof *info);
   memcpy(&info->sinfo_ppid, datagram, 4);
   info->sinfo_assoc_id = associationWith(fd, &from);
   message->msg_controllen = CMSG_SPACE(sizeof *info);
   message->msg_flags = MSG_EOR;
   return (ssize_t)length;
}
