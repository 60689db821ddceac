"""Invented names of firms and people; any likeness to a real one is chance."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

FIRST_SYLLABLES = tuple(
    "安柏辰澄初岱登笛帆枫格涵禾弘晖佳槿君楷蓝岚霖陌沐宁谱栖启晴榕若森朔棠桐望熙晓雅屿沅"
)
SECOND_SYLLABLES = tuple(
    "奥邦贝宸驰川达迪铎珐坊弗谷瀚和桓济珈捷凯珂朗麓曼诺派佩沛琪润尚硕腾彤威沃逸盈悦臻"
)
THIRD_SYLLABLES = (
    "",
    "",
    "",
    "",
    "",
    "",
    "来",
    "美",
    "特",
    "安",
    "尔",
    "仕",
    "斯",
    "加",
    "方",
    "元",
)

SURNAMES = tuple("陈李黄张林王刘吴周何郑罗梁谢曾邓许郭彭蔡叶冯杜方江范沈丘")
GIVEN_FIRST = tuple("家志文晓建国海玉丽雪嘉子雨思伟明永少小秋春立慧")
GIVEN_SECOND = (
    "",
    "",
    "华",
    "强",
    "敏",
    "静",
    "峰",
    "平",
    "军",
    "婷",
    "杰",
    "宇",
    "欣",
    "宁",
    "涛",
    "芳",
    "辉",
    "琳",
)

PHONE_PREFIXES = ("1380000", "1390000", "1350000", "1860000", "1590000")
"""Prefixes of sample numbers; the last four digits are drawn."""


@dataclass(frozen=True)
class Trade:
    """A trade: its word in a name, industry, share, factors for 华强北 and parks, a shop's form."""

    word: str
    industry: str
    share: float
    shop: str
    company: str = ""
    huaqiangbei: float = 1.0
    park: float = 1.0

    @property
    def company_word(self) -> str:
        return self.company or self.word


TRADES = (
    Trade("电子", "批发和零售业", 8, "电子商行", "电子", 7, 2),
    Trade("通讯器材", "批发和零售业", 5, "通讯器材经营部", "通讯", 8, 1.5),
    Trade("数码", "批发和零售业", 5, "数码店", "数码科技", 7, 1.5),
    Trade("贸易", "批发和零售业", 9, "贸易商行", "贸易", 1.2),
    Trade("服饰", "批发和零售业", 5, "服装店", "服饰"),
    Trade("日用百货", "批发和零售业", 6, "百货店", "百货"),
    Trade("便利", "批发和零售业", 4, "便利店", "连锁便利"),
    Trade("美妆", "批发和零售业", 3, "美妆店", "化妆品", 2.5),
    Trade("餐饮", "住宿和餐饮业", 7, "小吃店", "餐饮管理"),
    Trade("茶饮", "住宿和餐饮业", 3, "茶饮店", "茶文化"),
    Trade("烘焙", "住宿和餐饮业", 2, "烘焙店", "食品"),
    Trade("软件", "信息传输、软件和信息技术服务业", 6, "软件工作室", "软件", 0.8, 2.5),
    Trade("信息技术", "信息传输、软件和信息技术服务业", 5, "网络工作室", "信息技术", 0.8, 2.5),
    Trade("科技", "科学研究和技术服务业", 9, "科技工作室", "科技", 1.0, 2.0),
    Trade("生物医药", "科学研究和技术服务业", 1, "健康咨询部", "生物科技", 0.2, 3.0),
    Trade("设计", "科学研究和技术服务业", 3, "设计工作室", "设计", 0.7, 1.8),
    Trade("咨询", "租赁和商务服务业", 7, "咨询服务部", "企业管理咨询", 0.7),
    Trade("广告", "租赁和商务服务业", 3, "广告部", "广告传媒"),
    Trade("人力", "租赁和商务服务业", 2, "劳务服务部", "人力资源"),
    Trade("供应链", "交通运输、仓储和邮政业", 3, "货运代理部", "供应链", 1.2, 1.4),
    Trade("物流", "交通运输、仓储和邮政业", 2, "快递服务部", "物流"),
    Trade("精密", "制造业", 2, "五金加工部", "精密技术", 0.6, 2.0),
    Trade("光电", "制造业", 2, "灯饰店", "光电", 2.0, 2.0),
    Trade("珠宝", "制造业", 1, "首饰店", "珠宝"),
    Trade("装饰", "建筑业", 3, "装饰工程部", "装饰工程"),
    Trade("置业", "房地产业", 2, "房产中介部", "物业管理"),
    Trade("家政", "居民服务、修理和其他服务业", 3, "家政服务部", "家政"),
    Trade("美发", "居民服务、修理和其他服务业", 3, "美发店", "形象设计"),
    Trade("维修", "居民服务、修理和其他服务业", 2, "电器维修店", "设备维护", 3.0),
    Trade("文化", "文化、体育和娱乐业", 3, "文化工作室", "文化传播"),
    Trade("健身", "文化、体育和娱乐业", 1, "健身工作室", "体育"),
    Trade("教育", "教育", 2, "艺术培训部", "教育科技"),
)


def firms(rng: np.random.Generator, trades: np.ndarray, is_company: np.ndarray) -> pa.Array:
    """A name for each entity of the given trade (index into TRADES)."""
    count = len(trades)
    brand = [
        pa.array(syllables).take(pa.array(rng.integers(len(syllables), size=count)))
        for syllables in (FIRST_SYLLABLES, SECOND_SYLLABLES, THIRD_SYLLABLES)
    ]
    company = pa.array(np.asarray(is_company))
    start = pc.if_else(company, "深圳市", "福田区")
    words = pa.array([t.company_word + "有限公司" for t in TRADES] + [t.shop for t in TRADES])
    end = words.take(pa.array(trades + np.where(is_company, 0, len(TRADES))))
    return pc.binary_join_element_wise(start, *brand, end, "")


def person(rng: np.random.Generator) -> str:
    parts = (SURNAMES, GIVEN_FIRST, GIVEN_SECOND)
    return "".join(words[rng.integers(len(words))] for words in parts)


def phone(rng: np.random.Generator) -> str:
    return f"{PHONE_PREFIXES[rng.integers(len(PHONE_PREFIXES))]}{rng.integers(10_000):04d}"
