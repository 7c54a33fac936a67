"""Where the simulated phone is, and what stands there: an address made up from the place.

Cities and their districts are real, streets and numbers are not: the same place always has the
same address, and a place far from every city has none but the city that is nearest.
"""

import math
from dataclasses import dataclass
from typing import Any

# China with its seas, as wide as the phone can be dragged.
WEST, EAST, SOUTH, NORTH = 73.0, 136.0, 3.0, 54.0
DEGREE_KM = 111.2
CITY_KM = 60.0
LANDMARK_KM = 0.3


@dataclass(frozen=True)
class Place:
    """Degrees, and metres of accuracy; by default a square in Hangzhou."""

    longitude: float = 120.026208
    latitude: float = 30.279212
    accuracy: float = 29.0


@dataclass(frozen=True)
class Address:
    """An address in its parts; ``city`` is empty where the province is the city itself."""

    province: str
    city: str
    district: str
    road: str
    number: str

    def __str__(self) -> str:
        return f"{self.province}{self.city}{self.district}{self.road}{self.number}"


@dataclass(frozen=True)
class City:
    """A city; ``districts`` begin in the north and go on clockwise."""

    name: str
    longitude: float
    latitude: float
    province: str
    districts: tuple[str, ...]


_CITIES = """
北京市 116.4074 39.9042 北京市 朝阳区 通州区 大兴区 丰台区 石景山区 海淀区 昌平区
上海市 121.4737 31.2304 上海市 宝山区 杨浦区 浦东新区 闵行区 松江区 长宁区 嘉定区
天津市 117.2010 39.0842 天津市 北辰区 东丽区 津南区 西青区 南开区
重庆市 106.5516 29.5630 重庆市 渝北区 江北区 南岸区 巴南区 沙坪坝区
石家庄市 114.5149 38.0428 河北省 长安区 裕华区 桥西区 新华区
太原市 112.5489 37.8706 山西省 尖草坪区 迎泽区 小店区 万柏林区
呼和浩特市 111.7492 40.8426 内蒙古自治区 新城区 赛罕区 玉泉区 回民区
沈阳市 123.4315 41.8057 辽宁省 沈北新区 浑南区 和平区 铁西区
大连市 121.6147 38.9140 辽宁省 甘井子区 中山区 沙河口区
长春市 125.3235 43.8171 吉林省 宽城区 二道区 朝阳区 绿园区
哈尔滨市 126.5350 45.8038 黑龙江省 松北区 道外区 香坊区 道里区
南京市 118.7969 32.0603 江苏省 栖霞区 玄武区 江宁区 雨花台区 建邺区 浦口区
苏州市 120.5853 31.2989 江苏省 相城区 工业园区 吴中区 虎丘区
杭州市 120.1551 30.2741 浙江省 拱墅区 上城区 滨江区 西湖区 余杭区
宁波市 121.5503 29.8746 浙江省 江北区 鄞州区 奉化区 海曙区
温州市 120.6994 27.9943 浙江省 鹿城区 龙湾区 瑞安市 瓯海区
合肥市 117.2272 31.8206 安徽省 庐阳区 瑶海区 包河区 蜀山区
福州市 119.2965 26.0745 福建省 晋安区 马尾区 仓山区 鼓楼区
厦门市 118.0894 24.4798 福建省 集美区 翔安区 思明区 海沧区
南昌市 115.8582 28.6829 江西省 新建区 青山湖区 青云谱区 红谷滩区
济南市 117.1205 36.6510 山东省 天桥区 历城区 市中区 槐荫区
青岛市 120.3826 36.0671 山东省 城阳区 崂山区 市南区 黄岛区
郑州市 113.6254 34.7466 河南省 金水区 管城回族区 二七区 中原区
武汉市 114.3054 30.5931 湖北省 江岸区 洪山区 武昌区 汉阳区 江汉区
长沙市 112.9388 28.2282 湖南省 开福区 芙蓉区 天心区 岳麓区
广州市 113.2644 23.1291 广东省 白云区 黄埔区 番禺区 海珠区 荔湾区
深圳市 114.0579 22.5431 广东省 龙华区 龙岗区 福田区 南山区 宝安区
南宁市 108.3669 22.8170 广西壮族自治区 兴宁区 青秀区 江南区 西乡塘区
海口市 110.1983 20.0440 海南省 美兰区 琼山区 龙华区 秀英区
成都市 104.0665 30.5723 四川省 新都区 成华区 锦江区 武侯区 青羊区 郫都区
贵阳市 106.6302 26.6477 贵州省 白云区 乌当区 南明区 观山湖区
昆明市 102.8329 24.8801 云南省 盘龙区 官渡区 西山区 五华区
拉萨市 91.1409 29.6456 西藏自治区 城关区 达孜区 堆龙德庆区
西安市 108.9398 34.3416 陕西省 未央区 灞桥区 雁塔区 莲湖区
兰州市 103.8343 36.0611 甘肃省 城关区 七里河区 安宁区
西宁市 101.7782 36.6171 青海省 城北区 城东区 城中区 城西区
银川市 106.2309 38.4872 宁夏回族自治区 兴庆区 永宁县 金凤区 西夏区
乌鲁木齐市 87.6168 43.8256 新疆维吾尔自治区 米东区 水磨沟区 天山区 沙依巴克区
"""
_ROADS = ("人民路", "解放路", "建设路", "文化路", "学府路", "科技大道", "滨河路", "新华街")
_LANDMARKS = {
    (120.026208, 30.279212): Address("浙江省", "杭州市", "余杭区", "文一西路", "969号"),
}


def _city(line: str) -> City:
    name, longitude, latitude, province, *districts = line.split()
    return City(name, float(longitude), float(latitude), province, tuple(districts))


CITIES = tuple(_city(line) for line in _CITIES.strip().splitlines())


def address_at(place: Place) -> Address:
    """The address of a place."""
    for (longitude, latitude), address in _LANDMARKS.items():
        if _kilometres(place, longitude, latitude) <= LANDMARK_KM:
            return address
    city = min(CITIES, key=lambda one: _kilometres(place, one.longitude, one.latitude))
    name = "" if city.name == city.province else city.name
    if _kilometres(place, city.longitude, city.latitude) > CITY_KM:
        return Address(city.province, name, "", "", "附近")
    # Streets run for about a kilometre, and their numbers rise along them.
    block = math.floor(place.longitude * 100) * 7 + math.floor(place.latitude * 100) * 3
    along = math.floor((place.longitude * 100 % 1) * 120 + (place.latitude * 100 % 1) * 80)
    return Address(
        city.province, name, _district(place, city), _ROADS[block % len(_ROADS)], f"{along + 1}号"
    )


def map_data() -> dict[str, Any]:
    """What the page needs for its map: how far it goes, and the cities on it."""
    cities = [{"name": c.name, "longitude": c.longitude, "latitude": c.latitude} for c in CITIES]
    return {"west": WEST, "east": EAST, "south": SOUTH, "north": NORTH, "cities": cities}


def _district(place: Place, city: City) -> str:
    east = (place.longitude - city.longitude) * math.cos(math.radians(city.latitude))
    north = place.latitude - city.latitude
    turn = math.atan2(east, north) / math.tau % 1
    return city.districts[min(int(turn * len(city.districts)), len(city.districts) - 1)]


def _kilometres(place: Place, longitude: float, latitude: float) -> float:
    east = (place.longitude - longitude) * math.cos(math.radians(place.latitude))
    return math.hypot(east, place.latitude - latitude) * DEGREE_KM
