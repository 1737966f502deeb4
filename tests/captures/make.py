#!/usr/bin/env python3
# small synthetic captures (own making, no foreign bytes), one for each kind of disagreement. usage: make.py DIR
import struct,sys,os,socket
out=sys.argv[1]; os.makedirs(out,exist_ok=True)
A,B='10.0.0.1','10.0.0.2'
def ip4(src,dst,pl,proto=6,tot=None,opts=b''):
    hl=20+len(opts); t=hl+len(pl) if tot is None else tot
    return struct.pack('!BBHHHBBH4s4s',0x40|hl//4,0,t,1,0x4000,64,proto,0,socket.inet_aton(src),socket.inet_aton(dst))+opts+pl
def ip6(src,dst,pl,nh=6,plen=None):
    return struct.pack('!IHBB',0x60000000,len(pl) if plen is None else plen,nh,64)+socket.inet_pton(socket.AF_INET6,src)+socket.inet_pton(socket.AF_INET6,dst)+pl
def tcp(sp,dp,seq,ack,fl,data=b'',opt=b'',win=8192):
    opt+=b'\0'*(-len(opt)%4)
    return struct.pack('!HHIIBBHHH',sp,dp,seq&0xffffffff,ack&0xffffffff,(20+len(opt))//4<<4,fl,win,0,0)+opt+data
S,SA,AC,PA,FA,R,RA=2,0x12,0x10,0x18,0x11,4,0x14
def c(seq,ack,fl,data=b'',opt=b''): return ip4(A,B,tcp(1000,80,seq,ack,fl,data,opt))
def s(seq,ack,fl,data=b'',opt=b''): return ip4(B,A,tcp(80,1000,seq,ack,fl,data,opt))
def pcap(name,pk,lt=101,snap=None,orig=None):
    with open(os.path.join(out,name),'wb') as f:
        f.write(struct.pack('<IHHiIII',0xa1b2c3d4,2,4,0,0,262144,lt))
        for i,p in enumerate(pk):
            t,d=p if isinstance(p,tuple) else (i*0.01,p)
            q=d if snap is None else d[:snap]
            f.write(struct.pack('<IIII',int(t),int(round(t%1*1e6)),len(q),len(q) if orig is None else len(d))+q)
hs=[c(100,0,S),s(500,101,SA),c(101,501,AC)]
# 1 a hole that is filled later: 20 bytes of data, each sent once
pcap('hole.pcap',hs+[c(101,501,PA,b'a'*10),c(121,501,PA,b'c'*10),c(111,501,PA,b'b'*10),s(501,131,AC)])
# 2 the FIN overtakes the data (as in zeek ssl-to-http-server)
pcap('fin-before-data.pcap',hs+[s(601,101,FA),s(501,101,PA,b'x'*100),c(101,602,AC)])
# 3 one direction only: the SYN was answered, as its ACK shows
pcap('one-sided-client.pcap',[c(100,0,S),c(101,501,AC),c(101,501,PA,b'GET'),c(104,901,AC),c(104,901,FA),c(105,902,AC)])
# 4 one direction only (server), one segment sent again, and acknowledgements go on
pcap('one-sided-server.pcap',[s(500,101,SA),s(501,104,PA,b'y'*50),s(501,104,PA,b'y'*50),s(551,204,AC),s(551,304,AC)])
# 5 half-open found and mended: SYN, ACK of the old connection, RST for it, the same SYN again, a whole connection, closed by both
pcap('rst-for-the-old.pcap',[c(100,0,S),s(7000,9000,AC),c(9000,0,R),(1.0,c(100,0,S)),(1.01,s(500,101,SA)),(1.02,c(101,501,AC)),(1.03,c(101,501,PA,b'hello')),(1.04,s(501,106,AC)),(1.05,c(106,501,FA)),(1.06,s(501,107,FA)),(1.07,c(107,502,AC))])
# 6 refused twice, the third SYN is accepted
pcap('refused-then-open.pcap',[c(100,0,S),s(0,101,RA),(.5,c(100,0,S)),(.51,s(0,101,RA)),(1.,c(100,0,S)),(1.01,s(500,101,SA)),(1.02,c(101,501,AC)),(1.03,c(101,501,PA,b'hello')),(1.04,s(501,106,AC))])
# 7 a RST after the connection was closed in both directions
pcap('rst-after-close.pcap',hs+[c(101,501,FA),s(501,102,FA),c(102,502,AC),s(502,0,R)])
# 8 TCP options that no kernel minds: an empty SACK option, a length that runs over
pcap('empty-sack.pcap',hs+[c(101,501,PA,b'hello'),s(501,106,AC,opt=b'\x01\x01\x05\x02'),c(106,501,FA,opt=b'\x08\x0a\0\0'),s(501,107,FA),c(107,502,AC)])
# 9 the file's original length is the captured one (a tool cut the packets); the TCP headers are whole
pcap('cut-without-orig-len.pcap',[c(100,0,S),s(500,101,SA),c(101,501,AC),c(101,501,PA,b'z'*1000),s(501,1101,AC),c(1101,501,FA,b'z'*100),s(501,1202,FA),c(1202,502,AC)],snap=60)
# 10 BIG TCP: IPv4 with total length 0, IPv6 with payload length 0, IPv6 with a jumbo payload option
big=b'q'*80000
pcap('bigtcp4.pcap',[ip4(A,B,tcp(1000,80,101,501,PA,big),tot=0)])
pcap('bigtcp6.pcap',[ip6('fd00::1','fd00::2',tcp(1000,80,101,501,PA,big),plen=0)])
t=tcp(1000,80,101,501,PA,big); pcap('bigtcp6-jumbo.pcap',[ip6('fd00::1','fd00::2',bytes([6,0,0xc2,4])+struct.pack('!I',len(t)+8)+t,nh=0,plen=0)])
# 11 AH in front of TCP
def ah(n): return struct.pack('!BBHII',6,4,0,1,1)+b'\0'*12
pcap('ah6.pcap',[ip6('fd00::1','fd00::2',ah(6)+tcp(1000,80,100,0,S),nh=51)]); pcap('ah4.pcap',[ip4(A,B,ah(6)+tcp(1000,80,100,0,S),proto=51)])
# 12 link types: NFLOG 239 (header, then a TLV with the packet), Cisco HDLC 104
def nflog(p): 
    tl=struct.pack('<HH',len(p)+4,9)+p; return struct.pack('!BBH',2,0,0)+tl+b'\0'*(-len(tl)%4)
pcap('nflog.pcap',[nflog(x) for x in hs],lt=239); pcap('chdlc.pcap',[struct.pack('!BBH',0x0f,0,0x800)+x for x in hs],lt=104)
# 13 a beacon (link type 105)
pcap('beacon.pcap',[bytes.fromhex('80000000ffffffffffff020000000001020000000001')+b'\x10\x00'+b'\0'*8+b'\x64\x00\x01\x04'+b'\x00\x04test'+b'\x01\x04\x82\x84\x8b\x96'+b'\x03\x01\x06'],lt=105)
# 14 keepalives with a byte (Windows), unanswered
pcap('windows-keepalive.pcap',hs+[c(101,501,PA,b'hi'),s(501,103,AC)]+[(10.+i,c(102,501,AC,b'\0')) for i in range(5)])
# 15 pcapng with names
def blk(t,b): b+=b'\0'*(-len(b)%4); return struct.pack('<II',t,len(b)+12)+b+struct.pack('<I',len(b)+12)
with open(os.path.join(out,'names.pcapng'),'wb') as f:
    f.write(blk(0x0a0d0d0a,struct.pack('<IHHq',0x1a2b3c4d,1,0,-1))+blk(1,struct.pack('<HHI',101,0,0)))
    nr=b''
    for a,n in ((A,b'laptop\0'),(B,b'web.example\0')):
        r=socket.inet_aton(a)+n; nr+=struct.pack('<HH',1,len(r))+r+b'\0'*(-len(r)%4)
    f.write(blk(4,nr+struct.pack('<HH',0,0)))
    for i,p in enumerate(hs+[ip4(A,B,tcp(1001,443,100,0,S)),ip4(B,A,tcp(443,1001,500,101,SA)),ip4(A,B,tcp(1002,25,100,0,S))]):
        f.write(blk(6,struct.pack('<IIIII',0,0,i*1000,len(p),len(p))+p))
# 16 a pcapng with one interface that is read and one that is not (NFLOG)
with open(os.path.join(out,'two-interfaces.pcapng'),'wb') as f:
    f.write(blk(0x0a0d0d0a,struct.pack('<IHHq',0x1a2b3c4d,1,0,-1))+blk(1,struct.pack('<HHI',101,0,0))+blk(1,struct.pack('<HHI',239,0,0)))
    for i,p in enumerate(hs): f.write(blk(6,struct.pack('<IIIII',0,0,i*1000,len(p),len(p))+p))
    n=nflog(hs[0]); f.write(blk(6,struct.pack('<IIIII',1,0,3000,len(n),len(n))+n)); p=c(101,501,PA,b'hello'); f.write(blk(6,struct.pack('<IIIII',0,0,4000,len(p),len(p))+p))
# 17 duplicates of a capture on 'any' (the same packet a few microseconds later)
pcap('duplicates.pcap',[x for i,p in enumerate(hs+[c(101,501,PA,b'hello')]) for x in ((i*.01,p),(i*.01+.00001,p))])
# 18 fragments
d=tcp(1000,80,101,501,PA,b'f'*3000)
def frag(off,mf,pl): return struct.pack('!BBHHHBBH4s4s',0x45,0,20+len(pl),7,(0x2000 if mf else 0)|off//8,64,6,0,socket.inet_aton(A),socket.inet_aton(B))+pl
pcap('fragments.pcap',hs+[frag(0,1,d[:1480]),frag(1480,1,d[1480:2960]),frag(2960,0,d[2960:]),s(501,3101,AC),c(3101,501,FA),s(501,3102,FA),c(3102,502,AC)])
# 19 a pcapng whose every text holds an escape sequence: names, options, comments, and our own notes (custom blocks)
E=b'\x1b]0;pwned\x07\x1b[31m'
def opt(code,v): return struct.pack('<HH',code,len(v))+v+b'\0'*(-len(v)%4)
end=struct.pack('<HH',0,0)
def note(text): return blk(0x80000bad,struct.pack('<I',32473)+text)
with open(os.path.join(out,'escapes.pcapng'),'wb') as f:
    f.write(blk(0x0a0d0d0a,struct.pack('<IHHq',0x1a2b3c4d,1,0,-1)+opt(4,b'halfopen 0.1.0'+E)+opt(1,E)+end))
    f.write(blk(1,struct.pack('<HHI',101,0,0)+opt(2,b'if'+E)+end))
    r=socket.inet_aton(B)+b'srv'+E+b'\0'; f.write(blk(4,struct.pack('<HH',1,len(r))+r+b'\0'*(-len(r)%4)+end))
    p=c(100,0,S); packet=blk(6,struct.pack('<IIIII',0,0,1000,len(p),len(p))+p+b'\0'*(-len(p)%4)+opt(1,b'because'+E)+end)
    f.write(packet+note(b'{"note":"process","t":1,"host":"client","program":"p\\u001b[31m","pid":1,"what":"output","text":"\\u001b]0;x\\u0007"}'))
    f.write(note(b'{"note":"remark","t":1,"text":"r\\u001b[31m\\u009b31m"}')+packet)
